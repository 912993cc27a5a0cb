"""Where labelled text comes from, one file a source."""
