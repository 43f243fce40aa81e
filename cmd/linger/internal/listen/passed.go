package listen

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// maxPassed bounds the number of sockets, so that a wrong variable does not cause an endless loop.
const maxPassed = 1024

// parsePassed returns the sockets that the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES describe. If they are those of
// another process, there are none.
func parsePassed(pid, count, names string) (*Passed, error) {
	p := &Passed{used: map[int]bool{}}
	if pid != strconv.Itoa(os.Getpid()) {
		return p, nil
	}
	number, err := strconv.Atoi(count)
	if err != nil || number < 0 || number > maxPassed {
		return p, fmt.Errorf("the variable LISTEN_FDS of the environment is %q: expected a number of sockets from 0 to %d", count, maxPassed)
	}
	given := strings.Split(names, ":")
	for i := range number {
		s := passedSocket{descriptor: firstDescriptor + i}
		if i < len(given) {
			s.name = given[i]
		}
		p.sockets = append(p.sockets, s)
	}
	return p, nil
}
