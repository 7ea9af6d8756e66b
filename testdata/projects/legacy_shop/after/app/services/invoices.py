"""Invoices as PDF."""

from pathlib import Path

from fpdf import FPDF

from app.core.clock import now
from app.core.config import settings
from app.repositories.orders import orders
from app.schemas import Order


def build_invoice(order: Order) -> bytes:
    pdf = FPDF()
    pdf.set_creation_date(now())
    pdf.add_page()
    pdf.set_font("helvetica", size=16)
    pdf.cell(0, 12, f"Invoice {order.id}", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", size=11)
    for line in order.lines:
        text = f"{line.quantity} x {line.sku}"
        pdf.cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")
    pdf.cell(0, 10, f"Total: {order.total} EUR", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def store_invoice(order_id: str) -> Path:
    """Write the invoice where the accountant's sync job picks it up."""
    order = orders.get(order_id)
    target = settings.data_dir / "invoices" / f"{order.id}.pdf"
    target.write_bytes(build_invoice(order))
    return target
