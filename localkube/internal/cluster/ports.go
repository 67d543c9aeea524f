package cluster

import (
	"fmt"
	"net"
	"strconv"
)

// Ports of control planes lie below the range that the kernel gives to outgoing connections, so that
// none of those can take one between its choice and its use, and below the NodePorts.
const (
	firstPort = 21000
	lastPort  = 29999
)

func choosePort(taken map[int]bool, usable func(int) bool) (int, error) {
	for port := firstPort; port <= lastPort; port++ {
		if !taken[port] && usable(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d", firstPort, lastPort)
}

func bindable(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}
