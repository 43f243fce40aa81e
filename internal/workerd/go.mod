module github.com/lingerws/linger/internal/workerd

go 1.26.0

require github.com/lingerws/linger v0.0.0

replace github.com/lingerws/linger => ../..
