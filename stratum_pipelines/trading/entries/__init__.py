"""What an import says of a trade, a balance or a check, read into a row of its table: exactly, or refused with a reason."""
