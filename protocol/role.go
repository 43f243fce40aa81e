package protocol

// Role says which end of the connection a [Machine] plays. It decides who
// masks (RFC 6455, section 5.1) and who ends TCP first (section 7.1.1).
type Role uint8

// The two roles.
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
