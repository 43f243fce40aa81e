// Package proxyends tests how connections through a proxy end. It has a table of cases,
// with what the client and the backend do and what they must see, and plays both on real
// sockets with any proxy between them.
package proxyends
