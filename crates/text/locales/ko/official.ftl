# official
