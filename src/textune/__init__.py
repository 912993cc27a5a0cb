"""Which way of fine-tuning an encoder wins on your labelled text, and what does each cost?"""
