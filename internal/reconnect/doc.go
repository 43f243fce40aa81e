// Package reconnect tests how evenly clients reconnect when a server closes their connections: drained or all at once, with clients
// that wait as docs/draining.md advises or at once.
//
//	go test ./internal/reconnect                                   # 1,000 clients, in fake time
//	go test ./internal/reconnect -count=1 -v -clients=5000         # with the new connections per second
//	go test ./internal/reconnect -count=1 -v -clients=5000 -run=OtherServer -network=tcp    # in real time, over TCP
package reconnect
