package supervisor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
)

// Plan is what a supervisor is to do. It lies in a file, so that the supervisor can be started again
// with nothing but the name of the cluster.
type Plan struct {
	Program    string      `json:"program"` // the binary the plan was made by
	Logs       string      `json:"logs"`    // directory of the log files
	Components []Component `json:"components"`
}

// Generation tells two plans apart.
func (p *Plan) Generation() (string, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}

func planPath(run string) string { return filepath.Join(run, "plan.json") }

// WritePlan puts the plan into the run directory.
func WritePlan(run string, plan *Plan) error { return writeJSON(planPath(run), plan) }

// ReadPlan reads it back.
func ReadPlan(run string) (*Plan, error) {
	data, err := os.ReadFile(planPath(run))
	if err != nil {
		return nil, err
	}
	var plan Plan
	return &plan, json.Unmarshal(data, &plan)
}

// writeJSON replaces the file in one step, so that a reader never sees half of it.
func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
