"""The SMS provider SMSLINK over HTTP. Knows no database, no Flask and none of our rules."""
