package supervisor

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Phase is where a component stands.
type Phase string

const (
	Waiting  Phase = "waiting"  // for the components it comes after
	Starting Phase = "starting" // runs, and does not serve yet
	Ready    Phase = "ready"
	BackOff  Phase = "back-off" // ended, and is started again soon
	Stopped  Phase = "stopped"
)

// ComponentState is what the supervisor knows of one component.
type ComponentState struct {
	Name     string    `json:"name"`
	Phase    Phase     `json:"phase"`
	PID      int       `json:"pid,omitempty"`
	Started  time.Time `json:"started,omitzero"` // when the process was
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"` // in this phase
	LastExit string    `json:"lastExit,omitempty"`
}

// State is what the supervisor tells others through a file.
type State struct {
	PID        int              `json:"pid"`
	Generation string           `json:"generation"`
	Components []ComponentState `json:"components"`
}

func statePath(run string) string { return filepath.Join(run, "state.json") }

// ReadState reads what the supervisor last wrote. It may have ended since: see PID. One that has just
// started has written nothing, which is a state without components.
func ReadState(run string) (*State, error) {
	data, err := os.ReadFile(statePath(run))
	if errors.Is(err, fs.ErrNotExist) {
		return &State{}, nil
	}
	if err != nil {
		return nil, err
	}
	var state State
	return &state, json.Unmarshal(data, &state)
}

// Component returns the entry of a component, an empty one if there is none.
func (s *State) Component(name string) ComponentState {
	for _, entry := range s.Components {
		if entry.Name == name {
			return entry
		}
	}
	return ComponentState{}
}

// board holds the state, wakes those who wait for a change, and keeps the file up to date.
type board struct {
	run     string
	mu      sync.Mutex
	state   State
	changed chan struct{}
}

func newBoard(run, generation string, components []Component) *board {
	b := &board{run: run, changed: make(chan struct{})}
	b.state = State{PID: os.Getpid(), Generation: generation}
	for _, c := range components {
		b.state.Components = append(b.state.Components,
			ComponentState{Name: c.Name, Phase: Waiting, Since: time.Now()})
	}
	return b
}

// set changes the entry of a component and writes the file.
func (b *board) set(name string, change func(*ComponentState)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.state.Components {
		if entry := &b.state.Components[i]; entry.Name == name {
			before := entry.Phase
			change(entry)
			if entry.Phase != before {
				entry.Since = time.Now()
			}
		}
	}
	close(b.changed)
	b.changed = make(chan struct{})
	return writeJSON(statePath(b.run), b.state)
}

// ready tells whether all the named components are ready, and gives a channel that closes at the next
// change.
func (b *board) ready(names []string) (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	phases := make(map[string]Phase, len(b.state.Components))
	for _, entry := range b.state.Components {
		phases[entry.Name] = entry.Phase
	}
	for _, name := range names {
		if phases[name] != Ready {
			return false, b.changed
		}
	}
	return true, b.changed
}
