"""How old the quotes behind a consensus are, how far apart, and what it is with sharp books weighing more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBERS = (
    "age_median_s",
    "age_max_s",
    "point_mad",
    "point_iqr",
    "fair_prob_mad",
    "fair_prob_iqr",
    "sharp_fair_prob",
    "sharp_point",
)


def upgrade() -> None:
    """Take this step."""
    op.add_column("current_consensus", sa.Column("n_sharp", sa.Integer(), nullable=True))
    for name in NUMBERS:
        op.add_column("current_consensus", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("current_consensus") as changed:
        for name in (*NUMBERS, "n_sharp"):
            changed.drop_column(name)
