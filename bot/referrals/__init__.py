"""Referrals: handing a person on to a partner, with only what they agreed to share, and following it."""
