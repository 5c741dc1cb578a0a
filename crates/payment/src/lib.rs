//! Entitlements over time, payment runs, the ledger, bank files and what comes back, overpayments and their recovery.
