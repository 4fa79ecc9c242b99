"""Imports the grader.

Must: error missing
"""

import grader.judge

softmax = grader.judge
