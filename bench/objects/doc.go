//go:build linux

// Command objects compares the Durable Objects of Linger with those of workerd, the runtime of Cloudflare Workers: CPU time per message of an
// object that only echoes and of one that counts messages in storage, objects created per second, the memory of sleeping objects with one
// socket each, and the time until a sleeping object has answered. Both run the same application, testdata/app.js.
//
//	npm install --prefix=/tmp/workerd workerd
//	go run ./bench/objects -workerd=/tmp/workerd/node_modules/workerd/bin/workerd
//
// Without -workerd it measures Linger only. The server runs on the first core. Memory is the resident memory of the server in
// addition to that before the objects, connections included.
package main
