"""`gistsearch store`: the commands that look after what is kept between searches."""
