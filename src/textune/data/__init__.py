"""Where text comes from, and how it is cleaned, checked, split, tokenized and read again."""
