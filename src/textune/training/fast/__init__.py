"""The fast path of training, piece by piece; train.fast in params.yaml turns each off."""
