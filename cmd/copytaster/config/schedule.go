package config

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/monitor"
)

// schedule reads when to poll.
func (d *decoder) schedule(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	problem, known := d.schedules[v.text]
	if !known {
		if _, err := monitor.ParseSchedule(v.text); err != nil {
			problem = err.Error()
			if maskUser(v.text) != v.text { // a misplaced URL with a password
				problem = "this is not a schedule: write " + scheduleForms
			}
		}
		d.schedules[strings.Clone(v.text)] = problem
	}
	switch {
	case problem == "":
		return d.intern(v.text)
	case v.fromEnv:
		d.fail(n, "%s is not a schedule once its variables are replaced: write %s", v.shown(), scheduleForms)
	default:
		d.fail(n, "%s", problem)
	}
	return ""
}

const scheduleForms = `a cron line such as "*/10 * * * *" or an interval such as "@every 15m"`
