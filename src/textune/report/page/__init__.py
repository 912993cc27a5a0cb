"""One page of evidence: a comparison as HTML that needs nothing else."""
