"""How the simulated marketplace lies on S3 where nobody arranged it for Milepost."""
