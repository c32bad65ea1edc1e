"""Who: identity, profile, lifecycle of a customer.

A phone belongs to one customer and a resident number to one customer, found by blind index; phone, name and number are
sealed, and only `get_phone` and `get_identity` return them whole. An identity is recorded once; a change needs a person.
"""
