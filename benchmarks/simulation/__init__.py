"""The recommendation against known truths: does it keep its promise?"""
