// Package progress prints what a verb is doing, with the time since it began.
package progress

import (
	"fmt"
	"os"
	"time"
)

// Log writes lines such as "localkube   1.2s  kube-apiserver is ready" to standard error, so that
// standard output carries results only.
type Log struct{ start time.Time }

// New starts the clock.
func New() *Log { return &Log{start: time.Now()} }

// Elapsed is the time since the clock started.
func (l *Log) Elapsed() time.Duration { return time.Since(l.start) }

// Say prints one line.
func (l *Log) Say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "localkube %6.1fs  %s\n", l.Elapsed().Seconds(), fmt.Sprintf(format, args...))
}
