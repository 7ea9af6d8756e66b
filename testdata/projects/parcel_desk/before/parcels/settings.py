import os

CARRIER = os.environ.get("PARCELS_CARRIER_URL", "http://carrier.local")
