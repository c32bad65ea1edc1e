"""`python -m puhui.lab.properties`: the guarantees of the open hand, case by case."""

import sys

from puhui.lab.properties.run import main

sys.exit(main())
