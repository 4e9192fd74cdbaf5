"""From wishes, machines and the catalog to a plan, with every verdict kept. Pure: values in, values out."""
