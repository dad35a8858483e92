"""How a service hands a member everything that it holds about her."""
