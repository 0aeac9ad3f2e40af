package pool

import (
	"net/netip"
	"strings"
)

// Device is where somebody came from, as far as it is known.
type Device struct {
	IP        string `json:",omitempty"`
	UserAgent string `json:",omitempty"`
}

// longestUserAgent is how much of a browser's word for itself is kept.
const longestUserAgent = 256 // bytes

// NewDevice keeps what a request says of the device that made it: the address
// without its port, and of the User-Agent what a ledger can hold.
func NewDevice(remoteAddr, userAgent string) Device {
	ip := strings.Trim(remoteAddr, "[]")
	if peer, err := netip.ParseAddrPort(remoteAddr); err == nil {
		ip = peer.Addr().Unmap().String()
	}
	userAgent = strings.ReplaceAll(userAgent, "\x00", "")
	if len(userAgent) > longestUserAgent {
		userAgent = userAgent[:longestUserAgent]
	}
	return Device{IP: ip, UserAgent: strings.ToValidUTF8(userAgent, "")}
}
