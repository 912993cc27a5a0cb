"""The study of TweetEval's sentiment tweets with MiniLM: its figures, and its pages' tables."""
