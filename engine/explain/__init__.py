"""Why a promise was kept or broken, counted a second time from the history."""
