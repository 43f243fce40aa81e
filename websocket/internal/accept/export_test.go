package accept

import "net/http"

// Accepted is a connection that a driver has accepted.
type Accepted interface {
	StartEcho()
	CloseNow()
}

// AcceptByDriver is driver.Accept. Package accept_test sets it, because package driver imports this one.
var AcceptByDriver func(w http.ResponseWriter, r *http.Request) (Accepted, error)

// startEcho accepts a connection and echoes its messages.
func startEcho(w http.ResponseWriter, r *http.Request) {
	if d, err := AcceptByDriver(w, r); err == nil {
		d.StartEcho()
	}
}
