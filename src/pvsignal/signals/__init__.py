"""From statistics to verdicts: screening rules, first crossings and the ledger."""
