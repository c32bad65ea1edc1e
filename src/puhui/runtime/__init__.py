"""Foundation: work table, idempotency keys, blobs, sealed fields, audit trail."""
