with

deliveries as (

    select
        carrier_id,
        lane_id,
        amount,
        flag,
        ts as known_at,
        cast(null as timestamp) as superseded_at
    from events

),

windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'n', 'count': 'deliveries', 'over': ['7d', '28d', '90d']},
            {'name': 's', 'sum': 'deliveries.amount', 'over': ['7d', '28d', '90d'], 'decimals': 2},
            {'name': 'm', 'mean': 'deliveries.amount', 'over': ['7d', '28d', '90d'], 'decimals': 2},
            {'name': 'r', 'rate': 'deliveries.flag', 'over': ['7d', '28d', '90d']},
            {'name': 'sd', 'stddev': 'deliveries.amount', 'over': ['7d', '28d', '90d'], 'decimals': 2},
            {'name': 'd', 'distinct': 'deliveries.lane_id', 'over': ['7d', '28d', '90d']},
        ],
    ) }}

)

select * from windows
