"""Community: circles, what their members write to each other, and the home feed."""
