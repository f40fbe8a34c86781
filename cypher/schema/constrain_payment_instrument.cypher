// Each PaymentInstrument is one node: found at once by its instrument, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT payment_instrument_instrument IF NOT EXISTS
FOR (n:PaymentInstrument) REQUIRE n.instrument IS UNIQUE
