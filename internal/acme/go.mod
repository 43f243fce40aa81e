module github.com/lingerws/linger/internal/acme

go 1.26.0

require (
	github.com/letsencrypt/pebble/v2 v2.10.3
	github.com/lingerws/linger v0.0.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/letsencrypt/challtestsrv v1.4.2 // indirect
	github.com/miekg/dns v1.1.73 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/lingerws/linger => ../..
