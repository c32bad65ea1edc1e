"""Partners: programs that may call us for customers whom they introduced, and where we call them back.

Terms: a client is one program with a secret and scopes; a delegation says for which login it may act; an endpoint is an
address that wants to hear of events; a delivery carries one event to one endpoint, in attempts.
Invariants: a secret is stored hashed (the client's) or sealed (an endpoint's); a login has at most one client in force;
an event's text never changes, whatever is sent again.
"""
