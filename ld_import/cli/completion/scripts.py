"""The script for zsh. Typer's script completes nothing at the first Tab of a terminal.

https://github.com/pallets/click/blob/8.1.0/src/click/shell_completion.py
"""

from __future__ import annotations

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" \
%(autocomplete_var)s=complete_zsh %(prog_name)s)
}

compdef %(complete_func)s %(prog_name)s
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  %(complete_func)s "$@"
fi
"""


def use_own_scripts() -> None:
    """Let Typer install and show the script of this module."""
    from typer import _completion_shared

    _completion_shared._completion_scripts["zsh"] = ZSH
