"""Whether the promises that data can show hold: reads only, repairs nothing."""
