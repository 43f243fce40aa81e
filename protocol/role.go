package protocol

// Role is the role of a [Machine]. Only a client masks its frames (RFC 6455, section
// 5.1), and the server ends TCP first (section 7.1.1).
type Role uint8

// The roles of RFC 6455.
const (
	Server Role = iota
	Client
)

// String returns "server" or "client".
func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}
