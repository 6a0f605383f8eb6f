"""A second, independent source of labelled customer records, for measuring the matcher and never for training it."""
