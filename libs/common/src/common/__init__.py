"""The chassis: mechanism every service needs, and no policy of any of them."""
