"""Talking HTTP: politely, with deadlines, and with logins that stay with their host."""
