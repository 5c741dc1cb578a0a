//! The border to other agencies: connectors that ask for facts and pass on orders.
