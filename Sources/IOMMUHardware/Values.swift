// Who sees the hardware sees the values it works on; who sees only the values sees no register.
@_exported public import IOMMUValues
