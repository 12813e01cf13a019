"""Publishers: who may send records, what becomes of their documents. Transports bring the bytes."""
