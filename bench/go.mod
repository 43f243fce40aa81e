module github.com/lingerws/linger/bench

go 1.26.0
