# citizen
