"""Allocations, budgets and opening balances out of the spreadsheets that people have."""
